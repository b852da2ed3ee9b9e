metadata description = 'The function app on Flex Consumption, with its settings.'

@description('Name of the app.')
param name string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

@description('Name of the app\'s identity, in this resource group.')
param identityName string

@description('Name of the app\'s storage account.')
param storageName string

@description('Name of the container that the package is published to.')
param packageContainer string

@description('Name of the Application Insights component.')
param insightsName string

@description('Name of the key vault.')
param vaultName string

@description('Memory of one instance.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryMB int

@description('Most instances per function.')
param maximumInstanceCount int

@description('Address of the Dataverse environment.')
param dataverseUrl string

@description('Where segments are read from.')
@allowed([
  'dataverse'
  'data-out'
])
param source string

@description('Address of the container with the data-out files. Empty: none.')
param dataOutUrl string

@description('Folder of the data-out export in that container. Empty: none.')
param dataOutFolder string

@description('Address of the Omnisend API.')
param omnisendUrl string

@description('Omnisend\'s request limit per brand and minute.')
param requestsPerMinute int

@description('Omnisend\'s limit per brand and minute for calls that set or take tags.')
param tagsPerMinute int

@description('Share of that limit that is used at most.')
param startRate string

@description('Parts of the segments that are read at the same time.')
param readConcurrency int

@description('Client id of the app registration that calls need a token of. Empty: function keys.')
param authClientId string

@description('Hosts to which notifications may go, with commas in between. Empty: none.')
param notifyHosts string

@description('True: no public network access.')
param closedNetwork bool

@description('Name of the network of a closed deployment, in this resource group.')
param networkName string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

var storageDomain = environment().suffixes.storage

// The platform's own settings. The connection string says where to write, not who may: keys are off there.
var platformSettings = [
  {
    name: 'AzureWebJobsStorage__credential'
    value: 'managedidentity'
  }
  {
    name: 'AzureWebJobsStorage__clientId'
    value: identity.properties.clientId
  }
  {
    name: 'APPLICATIONINSIGHTS_CONNECTION_STRING'
    value: insights.properties.ConnectionString
  }
  {
    name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING'
    value: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  }
]

// What the app reads. The host reads the three addresses of the storage account too.
var appSettings = [
  {
    name: 'AzureWebJobsStorage__blobServiceUri'
    value: 'https://${storageName}.blob.${storageDomain}'
  }
  {
    name: 'AzureWebJobsStorage__queueServiceUri'
    value: 'https://${storageName}.queue.${storageDomain}'
  }
  {
    name: 'AzureWebJobsStorage__tableServiceUri'
    value: 'https://${storageName}.table.${storageDomain}'
  }
  {
    name: 'AZURE_CLIENT_ID'
    value: identity.properties.clientId
  }
  {
    name: 'SOURCE'
    value: source
  }
  {
    name: 'DATAVERSE_URL'
    value: dataverseUrl
  }
  {
    name: 'DATA_OUT_URL'
    value: dataOutUrl
  }
  {
    name: 'DATA_OUT_FOLDER'
    value: dataOutFolder
  }
  {
    name: 'KEY_VAULT_URL'
    value: 'https://${vaultName}${environment().suffixes.keyvaultDns}'
  }
  {
    name: 'OMNISEND_URL'
    value: omnisendUrl
  }
  {
    name: 'REQUESTS_PER_MINUTE'
    value: string(requestsPerMinute)
  }
  {
    name: 'TAGS_PER_MINUTE'
    value: string(tagsPerMinute)
  }
  {
    name: 'START_RATE'
    value: startRate
  }
  {
    name: 'READ_CONCURRENCY'
    value: string(readConcurrency)
  }
  {
    name: 'API_ACCESS'
    value: empty(authClientId) ? 'key' : 'entra'
  }
  {
    name: 'NOTIFY_HOSTS'
    value: notifyHosts
  }
]

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: closedNetwork ? 'Disabled' : 'Enabled'
    virtualNetworkSubnetId: closedNetwork
      ? resourceId('Microsoft.Network/virtualNetworks/subnets', networkName, 'app')
      : null
    siteConfig: {
      minTlsVersion: '1.3'
      ftpsState: 'Disabled'
      appSettings: concat(platformSettings, appSettings)
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: 'https://${storageName}.blob.${storageDomain}/${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
      }
      runtime: {
        name: 'node'
        version: '24'
      }
    }
  }
}

// Publishing needs a signed-in person or identity, not the site's password.
resource scmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'scm'
  properties: {
    allow: false
  }
}

// Tokens are checked, and nobody is signed in here: so there is no secret.
resource authentication 'Microsoft.Web/sites/config@2025-03-01' = if (!empty(authClientId)) {
  parent: site
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: true
      runtimeVersion: '~1'
    }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      excludedPaths: [
        '/api/health'
        '/api/openapi.json'
      ]
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: authClientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: {
          // A token has the one or the other, by its version.
          allowedAudiences: [
            'api://${authClientId}'
            authClientId
          ]
        }
      }
    }
    login: {
      tokenStore: {
        enabled: false
      }
    }
  }
}

@description('Host name of the HTTP API.')
output hostName string = site.properties.defaultHostName
